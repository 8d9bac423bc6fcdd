// tanh within 3e-7: with n / d a rational fit to tanh(x / 2), tanh(x) = 2 n d / (n n + d d).
struct Tanh {
    Lanes operator()(Lanes x) const {
        x = between(x, -9.0f, 9.0f);
        const Lanes u = x * x;
        const Lanes n = x * (0.49999999641f + u * (0.014883833231f + u * 5.706485223e-05f));
        const Lanes d = (1.0f + u * 0.11310095079f) + u * u * (0.0012059183633f + u * 1.2266033169e-06f);
        return (n + n) * d / (n * n + d * d);
    }
};

struct Sigmoid {
    Lanes operator()(Lanes x) const { return 0.5f + 0.5f * Tanh()(0.5f * x); }
};
