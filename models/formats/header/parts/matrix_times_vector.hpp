// out = bias + matrix * x for one vector. Weights lie as [input][output], the bias before them; outputs fill multiples of 16.
template <std::size_t... Vector>
inline void multiply_outputs(float* out, const float* x, int inputs, const float* weights, int outputs,
                             std::index_sequence<Vector...>) {
    Lanes sums[] = {load(weights + int(Vector) * lanes)...};
    for (int i = 0; i < inputs; ++i) {
        weights += outputs;
        ((sums[Vector] += x[i] * load(weights + int(Vector) * lanes)), ...);
    }
    (store(sums[Vector], out + int(Vector) * lanes), ...);
}

template <int Inputs, int Outputs>
void matrix_times_vector(float* out, const float* x, const float* weights) {
    static_assert(Outputs % 16 == 0, "outputs fill multiples of 16");
    constexpr int vectors = registers / 2, whole = Outputs / (vectors * lanes) * (vectors * lanes), rest = (Outputs - whole) / lanes;
    for (int first = 0; first < whole; first += vectors * lanes)
        multiply_outputs(out + first, x, Inputs, weights + first, Outputs, std::make_index_sequence<vectors>());
    if constexpr (rest > 0)
        multiply_outputs(out + whole, x, Inputs, weights + whole, Outputs, std::make_index_sequence<rest>());
}
