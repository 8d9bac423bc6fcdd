// Resonators side by side, in double precision: r, i = c r - s i + u, s r + c i for each pair; the output is `direct` times
// the input, plus a r - b i over the pairs. Weights lie as [direct], then for each pair [c] [s] [a] [b] and where an endless
// input of 1 brings [r] [i], a value a channel.
template <int Channels, int Pairs>
struct StateSpace {
    static constexpr int width = (Channels + 7) / 8 * 8;
    alignas(64) double states[Pairs][2][width] = {};

    void clear() { std::memset(states, 0, sizeof states); }

    void play(Rows<Channels> out, Rows<Channels> in, const double* weights, bool settle, int frames) {
        if (settle) start_settled(in, weights);
        for (int t = 0; t < frames; ++t) {
            alignas(64) double entering[width] = {};
            alignas(64) double total[width];
            for (int channel = 0; channel < Channels; ++channel) entering[channel] = in.row(channel)[t];
            for (int j = 0; j < width; ++j) total[j] = weights[j] * entering[j];
            for (int pair = 0; pair < Pairs; ++pair)
                turn(states[pair][0], states[pair][1], weights + (1 + 6 * pair) * width, entering, total);
            for (int channel = 0; channel < Channels; ++channel) out.row(channel)[t] = static_cast<float>(total[channel]);
        }
    }

    // Jump to where an endless input, of what enters now, would have brought the states: silence need not be waited for.
    void start_settled(Rows<Channels> in, const double* weights) {
        for (int pair = 0; pair < Pairs; ++pair)
            for (int part = 0; part < 2; ++part)
                for (int channel = 0; channel < Channels; ++channel)
                    states[pair][part][channel] = weights[(5 + 6 * pair + part) * width + channel] * in.row(channel)[0];
    }

    static void turn(double* __restrict real, double* __restrict imaginary, const double* __restrict factors,
                     const double* __restrict entering, double* __restrict total) {
        const double *cosine = factors, *sine = factors + width, *a = factors + 2 * width, *b = factors + 3 * width;
        for (int j = 0; j < width; ++j) {
            const double next = cosine[j] * real[j] - sine[j] * imaginary[j] + entering[j];
            imaginary[j] = sine[j] * real[j] + cosine[j] * imaginary[j];
            real[j] = next;
            total[j] += a[j] * next - b[j] * imaginary[j];
        }
    }
};
