// Values below 0 times the channel's slope.
template <int Channels>
void leak(Rows<Channels> out, Rows<Channels> in, const float* slopes, int frames) {
    each(out, frames, [=](float (&x)[16], int channel, int t) {
        take(x, in.row(channel) + t);
        for (int i = 0; i < 16; ++i) x[i] = (x[i] > 0.0f ? x[i] : 0.0f) + slopes[channel] * (x[i] < 0.0f ? x[i] : 0.0f);
    });
}
