// exp within 2e-7 of its value, x limited to ±87: a power of two, times a polynomial for what is left.
inline Lanes exponential(Lanes x) {
    x = between(x, -87.0f, 87.0f);
    const Whole exponent = whole(x * 1.4426950409f + 127.5f), bits = exponent << 23;
    const Lanes n = real(exponent) - 127.0f;
    const Lanes r = (x - n * 0.693359375f) + n * 2.12194440e-4f, rr = r * r;
    Lanes power;
    std::memcpy(&power, &bits, sizeof power);
    const Lanes low = (1.0f + r) + rr * (0.5f + r * 0.16666666f);
    return power * (low + rr * rr * ((0.041666485f + r * 0.0083360467f) + rr * 0.0013934344f));
}

struct Silu {
    Lanes operator()(Lanes x) const { return most(x, spread(-87.0f)) / (1.0f + exponential(-x)); }
};

struct Elu {
    float alpha;
    Lanes operator()(Lanes x) const { return most(x, Lanes{}) + alpha * (exponential(least(x, Lanes{})) - 1.0f); }
};
