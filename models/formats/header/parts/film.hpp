// FiLM: out = in * scale + shift for each channel, both running from their value at the tile's start to that at its end.
// Scales lie before shifts.
template <int Channels>
void modulate(Rows<Channels> out, Rows<Channels> in, const float* start, const float* end, int column, int frames) {
    static constexpr float counted[] = {1, 2, 3, 4, 5, 6, 7, 8};
    each(out, frames, [=](int channel, int t) {
        const float scale_step = (end[channel] - start[channel]) * (1.0f / tile);
        const float shift_step = (end[Channels + channel] - start[Channels + channel]) * (1.0f / tile);
        const Lanes along = load(counted) + static_cast<float>(column + t);
        const Lanes scale = start[channel] + scale_step * along, shift = start[Channels + channel] + shift_step * along;
        return scale * load(in, channel, t) + shift;
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
