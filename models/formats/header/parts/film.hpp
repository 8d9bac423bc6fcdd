// FiLM: out = in * scale + shift for each channel, both running from their value at the tile's start to that at its end.
// Scales lie before shifts.
template <int Channels>
void modulate(Rows<Channels> out, Rows<Channels> in, const float* start, const float* end, int column, int frames) {
    each(out, frames, [=](float (&x)[16], int channel, int t) {
        const float scale = start[channel], scale_step = (end[channel] - scale) * (1.0f / tile);
        const float shift = start[Channels + channel], shift_step = (end[Channels + channel] - shift) * (1.0f / tile);
        take(x, in.row(channel) + t);
        for (int i = 0; i < 16; ++i) {
            const float along = static_cast<float>(column + t + i + 1);
            x[i] = (scale + scale_step * along) * x[i] + (shift + shift_step * along);
        }
    });
}

// Scales and shifts of all FiLMs. At a tile's start they are evaluated anew where a knob has moved, and glide there.
template <int Count, int Values>
struct Film {
    alignas(64) float start[Values] = {}, end[Values] = {};
    float seen[Count] = {};  // knob positions that `end` belongs to
    bool ready = false, settled = true;

    template <class Evaluate>
    void begin_tile(Rows<Count> knobs, Evaluate evaluate) {
        bool moved = !ready;
        for (int k = 0; k < Count; ++k) moved = moved || knobs.row(k)[0] != seen[k];
        if (moved || !settled) std::memcpy(start, end, sizeof start);
        settled = !moved;
        if (!moved) return;
        float positions[Count];
        for (int k = 0; k < Count; ++k) seen[k] = knobs.row(k)[0], positions[k] = 2.0f * seen[k] - 1.0f;
        evaluate(positions, end);
        if (!ready) std::memcpy(start, end, sizeof start);
        ready = true;
    }
};
