// exp of each channel, over the sum of all channels' at that sample.
template <int Channels>
void softmax(Rows<Channels> out, Rows<Channels> in, int frames) {
    for (int t = 0; t < frames; t += lanes) {
        Lanes largest = load(in, 0, t), total{};
        for (int channel = 1; channel < Channels; ++channel) largest = most(largest, load(in, channel, t));
        for (int channel = 0; channel < Channels; ++channel) {
            const Lanes x = exponential(load(in, channel, t) - largest);
            total += x;
            store(x, out.row(channel) + t);
        }
        for (int channel = 0; channel < Channels; ++channel) store(load(out, channel, t) / total, out.row(channel) + t);
    }
}
