// LSTM and GRU, sample by sample, the units in the vectors' lanes. Gates lie one after the other, each filled up to `units`.
template <int Hidden>
struct Units {
    static constexpr int count = (Hidden + 7) / 8 * 8;

    static constexpr int rows(int gates) { return (gates * count + 15) / 16 * 16; }
};

// c = sigmoid(f) c + sigmoid(i) tanh(g), h = sigmoid(o) tanh(c); gates in the order i, f, g, o
template <int Inputs, int Hidden, class Tanh, class Sigmoid>
struct Lstm {
    static constexpr int units = Units<Hidden>::count, rows = Units<Hidden>::rows(4);
    alignas(64) float seen[Inputs + units] = {};  // the sample's inputs, then the hidden state
    alignas(64) float cell[units] = {};

    void clear(const float* hidden_at_start, const float* cell_at_start) {
        for (int u = 0; u < Hidden; ++u) seen[Inputs + u] = hidden_at_start ? hidden_at_start[u] : 0.0f;
        for (int u = 0; u < Hidden; ++u) cell[u] = cell_at_start ? cell_at_start[u] : 0.0f;
    }

    void play(Rows<Hidden> out, Rows<Inputs> in, const float* weights, int frames) {
        for (int t = 0; t < frames; ++t) {
            alignas(64) float gates[rows];
            for (int i = 0; i < Inputs; ++i) seen[i] = in.row(i)[t];
            matrix_times_vector<Inputs + Hidden, rows>(gates, seen, weights);
            for (int u = 0; u < units; u += lanes) {
                const Lanes entering = Sigmoid()(load(gates + u)) * Tanh()(load(gates + 2 * units + u));
                const Lanes now = Sigmoid()(load(gates + units + u)) * load(cell + u) + entering;
                store(now, cell + u);
                store(Sigmoid()(load(gates + 3 * units + u)) * Tanh()(now), seen + Inputs + u);
            }
            for (int u = 0; u < Hidden; ++u) out.row(u)[t] = seen[Inputs + u];
        }
    }
};

// n = tanh(W x + b + r (U h + c)), h = (1 - z) n + z h; gates in the order r, z, n
template <int Inputs, int Hidden, class Tanh, class Sigmoid>
struct Gru {
    static constexpr int units = Units<Hidden>::count, rows = Units<Hidden>::rows(3);
    alignas(64) float hidden[units] = {};

    void clear(const float* hidden_at_start) {
        for (int u = 0; u < Hidden; ++u) hidden[u] = hidden_at_start ? hidden_at_start[u] : 0.0f;
    }

    void play(Rows<Hidden> out, Rows<Inputs> in, const float* input_weights, const float* state_weights, int frames) {
        for (int t = 0; t < frames; ++t) {
            alignas(64) float entered[rows];
            alignas(64) float kept[rows];
            float seen[Inputs];
            for (int i = 0; i < Inputs; ++i) seen[i] = in.row(i)[t];
            matrix_times_vector<Inputs, rows>(entered, seen, input_weights);
            matrix_times_vector<Hidden, rows>(kept, hidden, state_weights);
            for (int u = 0; u < units; u += lanes) {
                const Lanes reset = Sigmoid()(load(entered + u) + load(kept + u));
                const Lanes update = Sigmoid()(load(entered + units + u) + load(kept + units + u));
                const Lanes next = Tanh()(load(entered + 2 * units + u) + reset * load(kept + 2 * units + u));
                store(update * (load(hidden + u) - next) + next, hidden + u);
            }
            for (int u = 0; u < Hidden; ++u) out.row(u)[t] = hidden[u];
        }
    }
};
