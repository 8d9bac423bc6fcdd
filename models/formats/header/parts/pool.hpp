// The largest of the last `Taps` samples of each channel.
template <int Taps, int Channels>
void pool(Rows<Channels> out, Rows<Channels> in, int frames) {
    each(out, frames, [=](float (&largest)[16], int channel, int t) {
        const float* newest = in.row(channel) + t;
        take(largest, newest);
        for (int back = 1; back < Taps; ++back) {
            float x[16];
            take(x, newest - back);
            for (int i = 0; i < 16; ++i) largest[i] = largest[i] > x[i] ? largest[i] : x[i];
        }
    });
}
