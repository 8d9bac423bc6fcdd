// The rational approximation of tanh that Neural Amp Modeler's plugin plays, 4.4e-4 off: models sound as they do there.
struct FastTanh {
    Lanes operator()(Lanes x) const {
        x = between(x, -1e9f, 1e9f);
        const Lanes size = magnitude(x), u = x * x;
        const Lanes inner = (2.45550750702956f + 2.45550750702956f * size) + (0.893229853513558f + 0.821226666969744f * size) * u;
        const Lanes weight = magnitude(x + 0.814642734961073f * x * size);
        return x * inner / (2.44506634652299f + (2.44506634652299f + u) * weight);
    }
};

struct FastSigmoid {
    Lanes operator()(Lanes x) const { return 0.5f + 0.5f * FastTanh()(0.5f * x); }
};
