// Steps that work value by value; what they write may be what they read.
template <int Channels, class Formula>
inline void each(Rows<Channels> out, int frames, Formula formula) {
    for (int channel = 0; channel < Channels; ++channel)
        for (int t = 0; t < frames; t += lanes) store(formula(channel, t), out.row(channel) + t);
}

template <int Channels>
inline Lanes load(Rows<Channels> rows, int channel, int t) {
    return load(rows.row(channel) + t);
}

template <int Channels>
void copy(Rows<Channels> out, Rows<Channels> in, int frames) {
    each(out, frames, [=](int channel, int t) { return load(in, channel, t); });
}

template <int Channels>
void add(Rows<Channels> out, Rows<Channels> a, Rows<Channels> b, int frames) {
    each(out, frames, [=](int channel, int t) { return load(a, channel, t) + load(b, channel, t); });
}

template <int Channels>
void multiply(Rows<Channels> out, Rows<Channels> a, Rows<Channels> b, int frames) {
    each(out, frames, [=](int channel, int t) { return load(a, channel, t) * load(b, channel, t); });
}

// out = in * scale + shift, one of each a channel
template <int Channels>
void scale_and_shift(Rows<Channels> out, Rows<Channels> in, const float* scales, const float* shifts, int frames) {
    each(out, frames, [=](int channel, int t) { return scales[channel] * load(in, channel, t) + shifts[channel]; });
}

template <int Channels>
void scale(Rows<Channels> out, Rows<Channels> in, float factor, int frames) {
    each(out, frames, [=](int channel, int t) { return factor * load(in, channel, t); });
}

// out = share * curved + (1 - share) * plain
template <int Channels>
void blend(Rows<Channels> out, Rows<Channels> curved, Rows<Channels> plain, Rows<Channels> share, int frames) {
    each(out, frames, [=](int channel, int t) {
        const Lanes before = load(plain, channel, t);
        return load(share, channel, t) * (load(curved, channel, t) - before) + before;
    });
}

template <int Channels, class Curve>
void shape(Rows<Channels> out, Rows<Channels> in, Curve curve, int frames) {
    each(out, frames, [=](int channel, int t) { return curve(load(in, channel, t)); });
}
