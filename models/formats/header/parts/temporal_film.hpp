// out = in * scale + shift, set for each block of samples by an LSTM that has heard the peaks of the blocks before it.
template <int Channels, int Hidden, int Block>
struct TemporalFilm {
    static constexpr int units = Units<Hidden>::count, rows = Units<Hidden>::rows(4);
    static constexpr int values = (2 * Channels + 15) / 16 * 16;
    alignas(64) float heard[Channels + units] = {};  // the block's peaks so far, then the hidden state
    alignas(64) float cell[units] = {};
    alignas(64) float factors[values] = {};  // scales, then shifts
    int position = 0;                        // in the block

    void clear(const float* film_weights) {
        std::fill(std::begin(heard), std::end(heard), 0.0f);
        std::fill(std::begin(cell), std::end(cell), 0.0f);
        std::memcpy(factors, film_weights, sizeof factors);  // the bias
        position = 0;
    }

    void play(Rows<Channels> out, Rows<Channels> in, const float* gate_weights, const float* film_weights, int frames) {
        for (int done = 0; done < frames;) {
            const int count = std::min(frames - done, Block - position);
            for (int channel = 0; channel < Channels; ++channel) {
                const float *x = in.row(channel) + done, scale = factors[channel], shift = factors[Channels + channel];
                float *y = out.row(channel) + done, peak = heard[channel];
                for (int t = 0; t < count; ++t) {
                    const float size = x[t] > 0.0f ? x[t] : -x[t];
                    peak = size > peak ? size : peak;
                    y[t] = x[t] * scale + shift;
                }
                heard[channel] = peak;
            }
            done += count;
            position += count;
            if (position == Block) end_block(gate_weights, film_weights);
        }
    }

    void end_block(const float* gate_weights, const float* film_weights) {
        alignas(64) float gates[rows];
        matrix_times_vector<Channels + Hidden, rows>(gates, heard, gate_weights);
        for (int u = 0; u < units; u += lanes) {
            const Lanes entering = Sigmoid()(load(gates + u)) * Tanh()(load(gates + 2 * units + u));
            const Lanes now = Sigmoid()(load(gates + units + u)) * load(cell + u) + entering;
            store(now, cell + u);
            store(Sigmoid()(load(gates + 3 * units + u)) * Tanh()(now), heard + Channels + u);
        }
        matrix_times_vector<Hidden, values>(factors, heard + Channels, film_weights);
        std::fill(heard, heard + Channels, 0.0f);
        position = 0;
    }
};
