// Whether a float is neither infinite nor a NaN, by its bits: compilers that assume "fast math" do not delete this.
inline bool finite(float x) {
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7f800000u) != 0x7f800000u;
}
