// The largest of the last `Taps` samples of each channel.
template <int Taps, int Channels>
void pool(Rows<Channels> out, Rows<Channels> in, int frames) {
    each(out, frames, [=](int channel, int t) {
        Lanes largest = load(in, channel, t);
        for (int back = 1; back < Taps; ++back) largest = most(largest, load(in, channel, t - back));
        return largest;
    });
}
