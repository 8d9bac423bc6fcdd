// Curves of one value, a register at a time.
struct Relu {
    Lanes operator()(Lanes x) const { return most(x, Lanes{}); }
};

struct LeakyRelu {
    float slope;
    Lanes operator()(Lanes x) const { return most(x, Lanes{}) + slope * least(x, Lanes{}); }
};

struct HardTanh {
    float minimum, maximum;
    Lanes operator()(Lanes x) const { return between(x, minimum, maximum); }
};

struct LeakyHardTanh {
    float minimum, maximum, minimum_slope, maximum_slope;
    Lanes operator()(Lanes x) const {
        const Lanes below = least(x - minimum, Lanes{}), above = most(x - maximum, Lanes{});
        return between(x, minimum, maximum) + minimum_slope * below + maximum_slope * above;
    }
};

struct HardSwish {
    Lanes operator()(Lanes x) const { return x * between(x + 3.0f, 0.0f, 6.0f) * (1.0f / 6.0f); }
};

struct SoftSign {
    Lanes operator()(Lanes x) const { return x / (1.0f + magnitude(x)); }
};
