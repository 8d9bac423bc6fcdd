// As many floats as a vector register holds. GCC and Clang know the type; other compilers get an array.
#if defined(__AVX512VL__)
constexpr int lanes = 8, registers = 32;
#elif defined(__AVX__)
constexpr int lanes = 8, registers = 16;
#elif defined(__aarch64__)
constexpr int lanes = 4, registers = 32;
#else
constexpr int lanes = 4, registers = 16;
#endif

#if defined(__GNUC__) && !defined(WETDRY_PLAIN_LANES)
typedef float Lanes __attribute__((vector_size(lanes * sizeof(float))));
typedef std::int32_t Whole __attribute__((vector_size(lanes * sizeof(std::int32_t))));

inline Lanes spread(float value) { return Lanes{} + value; }
inline Lanes least(Lanes a, Lanes b) { return a < b ? a : b; }  // b where a is not a number
inline Lanes most(Lanes a, Lanes b) { return a > b ? a : b; }
inline Whole whole(Lanes x) { return __builtin_convertvector(x, Whole); }
inline Lanes real(Whole x) { return __builtin_convertvector(x, Lanes); }
#else
template <class Number>
struct Array {
    Number values[lanes];

    Array() = default;
    Array(Number value) {
        for (Number& each : values) each = value;
    }

    template <class Operation>
    static Array of(const Array& a, const Array& b, Operation operation) {
        Array result;
        for (int i = 0; i < lanes; ++i) result.values[i] = operation(a.values[i], b.values[i]);
        return result;
    }

    friend Array operator+(Array a, Array b) { return of(a, b, [](Number x, Number y) { return x + y; }); }
    friend Array operator-(Array a, Array b) { return of(a, b, [](Number x, Number y) { return x - y; }); }
    friend Array operator*(Array a, Array b) { return of(a, b, [](Number x, Number y) { return x * y; }); }
    friend Array operator/(Array a, Array b) { return of(a, b, [](Number x, Number y) { return x / y; }); }
    friend Array operator<<(Array a, Array b) { return of(a, b, [](Number x, Number y) { return x << y; }); }
    friend Array operator-(Array a) { return Array(Number(0)) - a; }
    Array& operator+=(Array other) { return *this = *this + other; }
};
using Lanes = Array<float>;
using Whole = Array<std::int32_t>;

inline Lanes spread(float value) { return value; }
inline Lanes least(Lanes a, Lanes b) { return Lanes::of(a, b, [](float x, float y) { return x < y ? x : y; }); }
inline Lanes most(Lanes a, Lanes b) { return Lanes::of(a, b, [](float x, float y) { return x > y ? x : y; }); }

inline Whole whole(Lanes x) {
    Whole result;
    for (int i = 0; i < lanes; ++i) result.values[i] = static_cast<std::int32_t>(x.values[i]);
    return result;
}

inline Lanes real(Whole x) {
    Lanes result;
    for (int i = 0; i < lanes; ++i) result.values[i] = static_cast<float>(x.values[i]);
    return result;
}
#endif

inline Lanes load(const float* from) {
    Lanes x;
    std::memcpy(&x, from, sizeof x);
    return x;
}

inline void store(Lanes x, float* to) { std::memcpy(to, &x, sizeof x); }
inline Lanes between(Lanes x, float low, float high) { return least(most(x, spread(low)), spread(high)); }
inline Lanes magnitude(Lanes x) { return most(x, -x); }
