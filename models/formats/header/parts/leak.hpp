// Values below 0 times the channel's slope.
template <int Channels>
void leak(Rows<Channels> out, Rows<Channels> in, const float* slopes, int frames) {
    each(out, frames, [=](int channel, int t) {
        const Lanes x = load(in, channel, t);
        return most(x, Lanes{}) + slopes[channel] * least(x, Lanes{});
    });
}
