// A matrix over channels and taps, time in the vectors' lanes. Up to 4 outputs times several vectors of time are summed in
// registers. Weights lie as [4 outputs][input][tap][output], the outputs that are left over likewise.
struct Nothing {};

inline Lanes started(Nothing, int, int) { return Lanes{}; }

template <int Channels>
inline Lanes started(Rows<Channels> rows, int channel, int t) {
    return load(rows.row(channel) + t);
}

template <int Taps, class Start, int Outputs, std::size_t... Sum, std::size_t... Vector>
inline void sum_outputs(Rows<Outputs> out, int first, Start start, const float* in, std::ptrdiff_t stride, int inputs,
                        std::ptrdiff_t dilation, const float* weights, const float* bias, int t,
                        std::index_sequence<Sum...>, std::index_sequence<Vector...>) {
    constexpr int vectors = sizeof...(Vector), outputs = sizeof...(Sum) / vectors;
    Lanes sums[sizeof...(Sum)] = {started(start, first + int(Sum) / vectors, t + int(Sum) % vectors * lanes)...};
    if (bias) ((sums[Sum] += spread(bias[first + int(Sum) / vectors])), ...);
    for (int input = 0; input < inputs; ++input, in += stride) {
        const float* newest = in + t;
        for (int tap = 0; tap < Taps; ++tap, weights += outputs) {
            const float* from = newest - (Taps - 1 - tap) * dilation;
            const Lanes x[] = {load(from + int(Vector) * lanes)...};
            ((sums[Sum] += weights[int(Sum) / vectors] * x[int(Sum) % vectors]), ...);
        }
    }
    (store(sums[Sum], out.row(first + int(Sum) / vectors) + t + int(Sum) % vectors * lanes), ...);
}

// As many vectors of time at once as there are registers for; what is left by ever fewer.
template <int Count, int Taps, int Vectors, class Start, int Outputs>
inline void convolve_outputs(Rows<Outputs> out, int first, Start start, const float* in, std::ptrdiff_t stride, int inputs,
                             std::ptrdiff_t dilation, const float* weights, const float* bias, int t, int frames) {
    for (; t + (Vectors > 1 ? Vectors * lanes : 1) <= frames; t += Vectors * lanes)
        sum_outputs<Taps>(out, first, start, in, stride, inputs, dilation, weights, bias, t,
                          std::make_index_sequence<Count * Vectors>(), std::make_index_sequence<Vectors>());
    if constexpr (Vectors > 1)
        convolve_outputs<Count, Taps, Vectors / 2>(out, first, start, in, stride, inputs, dilation, weights, bias, t, frames);
}

// out = start + bias + convolution of `in`; `start` may be `out` itself, or Nothing; `bias` may be null.
template <int Taps, int Groups = 1, class Start, int Outputs, int Inputs>
void convolve(Rows<Outputs> out, Start start, Rows<Inputs> in, int dilation, const float* weights, const float* bias,
              int frames) {
    constexpr int outputs = Outputs / Groups, inputs = Inputs / Groups, whole = outputs / 4 * 4, rest = outputs % 4;
    constexpr auto vectors = [](int count) { return std::min(registers / 2 / count, tile / lanes); };
    for (int group = 0; group < Groups; ++group) {
        const float* rows = in.row(group * inputs);
        int first = group * outputs;
        for (int i = 0; i < whole; i += 4, first += 4, weights += 4 * inputs * Taps)
            convolve_outputs<4, Taps, vectors(4)>(out, first, start, rows, in.stride, inputs, dilation, weights, bias, 0, frames);
        if constexpr (rest > 0) {
            convolve_outputs<rest, Taps, vectors(rest)>(out, first, start, rows, in.stride, inputs, dilation, weights, bias, 0,
                                                        frames);
            weights += rest * inputs * Taps;
        }
    }
}
