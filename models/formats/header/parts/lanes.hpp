// As many floats as a vector register holds. GCC and Clang know the type; other compilers get an array.
#if defined(__AVX512F__)
constexpr int lanes = 16, registers = 32;
#elif defined(__AVX__)
constexpr int lanes = 8, registers = 16;
#elif defined(__aarch64__)
constexpr int lanes = 4, registers = 32;
#else
constexpr int lanes = 4, registers = 16;
#endif

#if defined(__GNUC__) && !defined(WETDRY_PLAIN_LANES)
typedef float Lanes __attribute__((vector_size(lanes * sizeof(float))));

inline Lanes spread(float value) { return Lanes{} + value; }
#else
struct Lanes {
    float values[lanes];
};

inline Lanes spread(float value) {
    Lanes all;
    for (int i = 0; i < lanes; ++i) all.values[i] = value;
    return all;
}

inline Lanes operator*(float factor, Lanes x) {
    for (int i = 0; i < lanes; ++i) x.values[i] *= factor;
    return x;
}

inline Lanes& operator+=(Lanes& sum, Lanes x) {
    for (int i = 0; i < lanes; ++i) sum.values[i] += x.values[i];
    return sum;
}
#endif

inline Lanes load(const float* from) {
    Lanes x;
    std::memcpy(&x, from, sizeof x);
    return x;
}

inline void store(Lanes x, float* to) { std::memcpy(to, &x, sizeof x); }
