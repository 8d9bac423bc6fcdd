// Steps that work value by value; what they write may be what they read. Values pass through an array of constant size, so
// that compilers vectorise what is done to it.
template <int Channels, class Formula>
inline void each(Rows<Channels> out, int frames, Formula formula) {
    constexpr int count = 16;
    for (int channel = 0; channel < Channels; ++channel)
        for (int t = 0; t < frames; t += count) {
            float values[count];
            formula(values, channel, t);
            std::memcpy(out.row(channel) + t, values, sizeof values);
        }
}

inline void take(float (&values)[16], const float* from) { std::memcpy(values, from, sizeof values); }

template <int Channels>
void copy(Rows<Channels> out, Rows<Channels> in, int frames) {
    each(out, frames, [=](float (&x)[16], int channel, int t) { take(x, in.row(channel) + t); });
}

template <int Channels>
void add(Rows<Channels> out, Rows<Channels> a, Rows<Channels> b, int frames) {
    each(out, frames, [=](float (&x)[16], int channel, int t) {
        float other[16];
        take(x, a.row(channel) + t), take(other, b.row(channel) + t);
        for (int i = 0; i < 16; ++i) x[i] += other[i];
    });
}

template <int Channels>
void multiply(Rows<Channels> out, Rows<Channels> a, Rows<Channels> b, int frames) {
    each(out, frames, [=](float (&x)[16], int channel, int t) {
        float other[16];
        take(x, a.row(channel) + t), take(other, b.row(channel) + t);
        for (int i = 0; i < 16; ++i) x[i] *= other[i];
    });
}

// out = in * scale + shift, one of each a channel
template <int Channels>
void scale_and_shift(Rows<Channels> out, Rows<Channels> in, const float* scales, const float* shifts, int frames) {
    each(out, frames, [=](float (&x)[16], int channel, int t) {
        take(x, in.row(channel) + t);
        for (int i = 0; i < 16; ++i) x[i] = x[i] * scales[channel] + shifts[channel];
    });
}

template <int Channels>
void scale(Rows<Channels> out, Rows<Channels> in, float factor, int frames) {
    each(out, frames, [=](float (&x)[16], int channel, int t) {
        take(x, in.row(channel) + t);
        for (int i = 0; i < 16; ++i) x[i] *= factor;
    });
}

// out = share * curved + (1 - share) * plain
template <int Channels>
void blend(Rows<Channels> out, Rows<Channels> curved, Rows<Channels> plain, Rows<Channels> share, int frames) {
    each(out, frames, [=](float (&x)[16], int channel, int t) {
        float before[16], part[16];
        take(x, curved.row(channel) + t), take(before, plain.row(channel) + t), take(part, share.row(channel) + t);
        for (int i = 0; i < 16; ++i) x[i] = part[i] * (x[i] - before[i]) + before[i];
    });
}

template <int Channels, class Curve>
void shape(Rows<Channels> out, Rows<Channels> in, Curve curve, int frames) {
    each(out, frames, [=](float (&x)[16], int channel, int t) {
        take(x, in.row(channel) + t);
        for (int i = 0; i < 16; ++i) x[i] = curve(x[i]);
    });
}
