// Rows of samples, one a channel. A call plays at most `tile` samples; loops run over whole vectors and may touch up to
// `spare` samples behind the last one, which the next call overwrites.
constexpr int tile = 64;
constexpr int spare = 16;

template <int Channels>
struct Rows {
    static constexpr int channels = Channels;
    float* first;
    std::ptrdiff_t stride;

    float* row(int channel) const { return first + channel * stride; }

    template <int First, int Count>
    Rows<Count> part() const {
        static_assert(First + Count <= Channels, "beyond the last channel");
        return {row(First), stride};
    }
};

// Rows that nothing looks back into: several steps take turns with them.
template <int Channels>
struct Scratch {
    static constexpr int stride = tile + spare;
    alignas(64) float samples[Channels * stride] = {};

    template <int Count>
    Rows<Count> rows() {
        static_assert(Count <= Channels, "more channels than there are");
        return {samples, stride};
    }
};

// Rows with the `History` samples before now. They are written forward through `room` samples, then moved back;
// `Phase`, in tiles, lets the buffers of a net take turns at that.
template <int Channels, int History, int Phase>
struct Delay {
    static constexpr int history = (History + 15) / 16 * 16;
    static constexpr int room = History > 512 ? 1024 : History > 256 ? 512 : History > 128 ? 256 : History > 64 ? 128 : 64;
    static constexpr int lines = (history + room + spare) / 16;
    static constexpr int stride = (lines | 1) * 16;  // an odd number of cache lines: rows do not fight for cache sets
    alignas(64) float samples[static_cast<std::size_t>(Channels) * stride] = {};
    int at = 0;

    void clear() {
        std::fill(std::begin(samples), std::end(samples), 0.0f);
        at = Phase * tile % room;
    }

    Rows<Channels> now() { return {samples + history + at, stride}; }

    void advance(int frames) { at += frames; }

    void begin_tile() {
        if (at < room) return;
        for (int channel = 0; channel < Channels; ++channel) {
            float* row = samples + static_cast<std::ptrdiff_t>(channel) * stride;
            std::memmove(row, row + room, history * sizeof(float));
        }
        at = 0;
    }
};
