// exp of each channel, over the sum of all channels' at that sample.
template <int Channels>
void softmax(Rows<Channels> out, Rows<Channels> in, int frames) {
    for (int t = 0; t < frames; t += 16) {
        float largest[16], total[16] = {}, x[16];
        take(largest, in.row(0) + t);
        for (int channel = 1; channel < Channels; ++channel) {
            take(x, in.row(channel) + t);
            for (int i = 0; i < 16; ++i) largest[i] = largest[i] > x[i] ? largest[i] : x[i];
        }
        for (int channel = 0; channel < Channels; ++channel) {
            take(x, in.row(channel) + t);
            for (int i = 0; i < 16; ++i) x[i] = exponential(x[i] - largest[i]);
            for (int i = 0; i < 16; ++i) total[i] += x[i];
            std::memcpy(out.row(channel) + t, x, sizeof x);
        }
        for (int channel = 0; channel < Channels; ++channel) {
            take(x, out.row(channel) + t);
            for (int i = 0; i < 16; ++i) x[i] /= total[i];
            std::memcpy(out.row(channel) + t, x, sizeof x);
        }
    }
}
