// Curves of one value. They are free of branches, so that loops over them vectorise.
inline float between(float x, float low, float high) {
    x = x > low ? x : low;  // a NaN becomes `low`
    return x < high ? x : high;
}

struct Relu {
    float operator()(float x) const { return x > 0.0f ? x : 0.0f; }
};

struct LeakyRelu {
    float slope;
    float operator()(float x) const { return (x > 0.0f ? x : 0.0f) + slope * (x < 0.0f ? x : 0.0f); }
};

struct HardTanh {
    float minimum, maximum;
    float operator()(float x) const { return between(x, minimum, maximum); }
};

struct LeakyHardTanh {
    float minimum, maximum, minimum_slope, maximum_slope;
    float operator()(float x) const {
        const float below = x < minimum ? x - minimum : 0.0f, above = x > maximum ? x - maximum : 0.0f;
        return between(x, minimum, maximum) + minimum_slope * below + maximum_slope * above;
    }
};

struct HardSwish {
    float operator()(float x) const { return x * between(x + 3.0f, 0.0f, 6.0f) * (1.0f / 6.0f); }
};

struct SoftSign {
    float operator()(float x) const { return x / (1.0f + (x > 0.0f ? x : -x)); }
};
