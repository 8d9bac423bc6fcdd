// exp within 2e-7 of its value, x limited to ±87: a power of two, times a polynomial for what is left.
inline float exponential(float x) {
    x = between(x, -87.0f, 87.0f);
    const std::int32_t exponent = static_cast<std::int32_t>(x * 1.4426950409f + 127.5f), bits = exponent << 23;
    const float n = static_cast<float>(exponent) - 127.0f;
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f, rr = r * r;
    float power;
    std::memcpy(&power, &bits, sizeof power);
    const float low = (1.0f + r) + rr * (0.5f + r * 0.16666666f);
    return power * (low + rr * rr * ((0.041666485f + r * 0.0083360467f) + rr * 0.0013934344f));
}

struct Silu {
    float operator()(float x) const { return (x > -87.0f ? x : -87.0f) / (1.0f + exponential(-x)); }
};

struct Elu {
    float alpha;
    float operator()(float x) const {
        return (x > 0.0f ? x : 0.0f) + alpha * (exponential(x < 0.0f ? x : 0.0f) - 1.0f);
    }
};
