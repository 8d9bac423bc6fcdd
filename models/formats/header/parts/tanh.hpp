// tanh within 3e-7: with n / d a rational fit to tanh(x / 2), tanh(x) = 2 n d / (n n + d d).
struct Tanh {
    float operator()(float x) const {
        x = between(x, -9.0f, 9.0f);
        const float u = x * x;
        const float n = x * (0.49999999641f + u * (0.014883833231f + u * 5.706485223e-05f));
        const float d = (1.0f + u * 0.11310095079f) + u * u * (0.0012059183633f + u * 1.2266033169e-06f);
        return (n + n) * d / (n * n + d * d);
    }
};

struct Sigmoid {
    float operator()(float x) const { return 0.5f + 0.5f * Tanh()(0.5f * x); }
};
