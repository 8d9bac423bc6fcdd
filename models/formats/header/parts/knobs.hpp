// What moves between a knob and the net: its position, 0 to 1, follows a move with a time constant of 10 ms.
template <int Count>
struct Knobs {
    double position[Count] = {}, target[Count] = {};
    alignas(64) float rows[Count][tile + spare] = {};  // positions at the samples of this call

    void jump() {
        for (int k = 0; k < Count; ++k) position[k] = target[k];
    }

    void follow(int frames, double coefficient) {
        for (int k = 0; k < Count; ++k)
            for (int t = 0; t < frames; ++t) {
                if (position[k] != target[k]) position[k] += coefficient * (target[k] - position[k]);
                rows[k][t] = static_cast<float>(position[k]);
            }
    }

    // Arrive where the rest of the way is too short to be heard; only at a tile's end, so that block sizes do not matter.
    void end_tile() {
        for (int k = 0; k < Count; ++k) {
            const double away = target[k] - position[k];
            if (-1e-6 <= away && away <= 1e-6) position[k] = target[k];
        }
    }

    Rows<Count> now() { return {&rows[0][0], tile + spare}; }
};

// A position between 0 and 1 for a value within a knob's range.
inline double linear_position(double value, double minimum, double maximum) {
    return maximum > minimum ? (value - minimum) / (maximum - minimum) : 0.0;
}

inline double log_position(double value, double minimum, double maximum) {
    return std::log(value / minimum) / std::log(maximum / minimum);
}

template <int Count>
double points_position(double value, const double (&points)[Count]) {
    int i = 0;
    while (i < Count - 2 && points[i + 1] <= value) ++i;
    return (i + (value - points[i]) / (points[i + 1] - points[i])) / (Count - 1);
}
