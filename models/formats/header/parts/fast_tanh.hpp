// The rational approximation of tanh that Neural Amp Modeler's plugin plays, 4.4e-4 off: models sound as they do there.
struct FastTanh {
    float operator()(float x) const {
        x = between(x, -1e9f, 1e9f);
        const float size = x > 0.0f ? x : -x, u = x * x, bent = x + 0.814642734961073f * x * size;
        const float inner = (2.45550750702956f + 2.45550750702956f * size) + (0.893229853513558f + 0.821226666969744f * size) * u;
        return x * inner / (2.44506634652299f + (2.44506634652299f + u) * (bent > 0.0f ? bent : -bent));
    }
};

struct FastSigmoid {
    float operator()(float x) const { return 0.5f + 0.5f * FastTanh()(0.5f * x); }
};
