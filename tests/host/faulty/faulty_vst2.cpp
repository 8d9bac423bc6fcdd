// A small VST2 effect of our own that goes wrong in one way, so that hosts can be tried on it.
//
//     g++ -shared -fPIC -O1 -DFAULT=CRASH -DWHERE=IN_PROCESS -o faulty.so faulty_vst2.cpp
//
// It turns its stereo input down by the knob "Gain". With WHERE=IN_PROCESS the fault strikes in the first block played
// while the knob "Danger" stands above its middle; with ON_LOAD while it loads, with AT_ONCE in any block.
//
// What is declared of the VST2 interface is what such a plugin needs: an entry, a record of numbers and functions, and
// numbered questions.

#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

enum Fault { NONE, CRASH, HANG, LEAVE, NOT_A_NUMBER, LATENCY_MOVES, LATENCY_NEVER_SETTLES };
enum Where { IN_PROCESS, ON_LOAD, AT_ONCE };

#ifndef FAULT
#define FAULT NONE
#endif
#ifndef WHERE
#define WHERE IN_PROCESS
#endif

struct Effect;
using Host = std::intptr_t (*)(Effect*, std::int32_t, std::int32_t, std::intptr_t, void*, float);

struct Effect {
    std::int32_t magic;
    std::intptr_t (*ask)(Effect*, std::int32_t, std::int32_t, std::intptr_t, void*, float);
    void (*process_adding)(Effect*, float**, float**, std::int32_t);
    void (*set_parameter)(Effect*, std::int32_t, float);
    float (*get_parameter)(Effect*, std::int32_t);
    std::int32_t programs, parameters, inputs, outputs, flags;
    std::intptr_t host_owned[2];
    std::int32_t latency, unused[2];
    float ratio;
    void *object, *user;
    std::int32_t identifier, version;
    void (*process)(Effect*, float**, float**, std::int32_t);
    void (*process_double)(Effect*, double**, double**, std::int32_t);
    char reserved[56];
};

enum Question { CLOSE = 1, LABEL = 6, DISPLAY = 7, NAME = 8, CAN_BE_AUTOMATED = 26, CATEGORY = 35, EFFECT_NAME = 45, MAKER = 47,
                PRODUCT = 48, INTERFACE = 58 };
constexpr int CHANGED_INPUTS_AND_OUTPUTS = 13;  // what a plugin tells its host when its latency moved
constexpr int LONGEST = 1024;

struct Faulty {
    Effect effect{};
    Host host = nullptr;
    float values[2] = {1.0f, 0.0f};
    float late[2][LONGEST] = {};
    int written = 0, played = 0;
};

[[maybe_unused]] static void strike() {
    if (FAULT == CRASH)
        std::raise(SIGSEGV);
    while (FAULT == HANG)
        usleep(1000);
    if (FAULT == LEAVE)
        _exit(7);
}

static void move_latency(Faulty& self, std::int32_t samples) {
    if (self.effect.latency == samples)
        return;
    self.effect.latency = samples;
    self.host(&self.effect, CHANGED_INPUTS_AND_OUTPUTS, 0, 0, nullptr, 0.0f);
}

static std::int32_t latency_now(const Faulty& self) {
    static std::int32_t blocks = 0;
    if (FAULT == LATENCY_MOVES)
        return self.played < 12000 ? 100 : 300;
    return 100 + ++blocks % 900;
}

static void process(Effect* effect, float** inputs, float** outputs, std::int32_t samples) {
    Faulty& self = *static_cast<Faulty*>(effect->object);
    const bool struck = WHERE == AT_ONCE || self.values[1] > 0.5f;
    if (struck)
        strike();
    if (struck && (FAULT == LATENCY_MOVES || FAULT == LATENCY_NEVER_SETTLES))
        move_latency(self, latency_now(self));
    for (std::int32_t i = 0; i < samples; ++i) {
        for (int channel = 0; channel < 2; ++channel) {
            self.late[channel][self.written] = inputs[channel][i] * self.values[0];
            outputs[channel][i] = self.late[channel][(self.written - effect->latency + LONGEST) % LONGEST];
            if (struck && FAULT == NOT_A_NUMBER && i % 100 == 7)
                outputs[channel][i] = NAN;
        }
        self.written = (self.written + 1) % LONGEST;
    }
    self.played += samples;
}

static std::intptr_t ask(Effect* effect, std::int32_t question, std::int32_t index, std::intptr_t, void* answer, float) {
    static const char* const names[] = {"Gain", "Danger"};
    Faulty& self = *static_cast<Faulty*>(effect->object);
    char* text = static_cast<char*>(answer);
    switch (question) {
    case CLOSE: delete &self; return 1;
    case LABEL: text[0] = 0; return 1;
    case DISPLAY: std::snprintf(text, 8, "%.3f", self.values[index]); return 1;
    case NAME: std::strcpy(text, names[index]); return 1;
    case CAN_BE_AUTOMATED: return 1;
    case CATEGORY: return 1;
    case EFFECT_NAME: case PRODUCT: std::strcpy(text, "Faulty"); return 1;
    case MAKER: std::strcpy(text, "wetdry tests"); return 1;
    case INTERFACE: return 2400;
    default: return 0;
    }
}

extern "C" __attribute__((visibility("default"))) Effect* VSTPluginMain(Host host) {
    if (WHERE == ON_LOAD)
        strike();
    Faulty* self = new Faulty;
    self->host = host;
    Effect& effect = self->effect;
    effect.magic = ('V' << 24) | ('s' << 16) | ('t' << 8) | 'P';
    effect.ask = ask;
    effect.process = effect.process_adding = process;
    effect.set_parameter = [](Effect* e, std::int32_t i, float value) { static_cast<Faulty*>(e->object)->values[i] = value; };
    effect.get_parameter = [](Effect* e, std::int32_t i) { return static_cast<Faulty*>(e->object)->values[i]; };
    effect.parameters = effect.inputs = effect.outputs = 2;
    effect.programs = 1;
    effect.flags = 1 << 4;  // it has `process`
    effect.ratio = 1.0f;
    effect.object = self;
    effect.identifier = ('w' << 24) | ('d' << 16) | ('F' << 8) | ('0' + FAULT);
    effect.version = 1;
    return &effect;
}

// The same for a host of VST3s: enough to go wrong while it loads.
extern "C" __attribute__((visibility("default"))) bool ModuleEntry(void*) {
    if (WHERE == ON_LOAD)
        strike();
    return true;
}
extern "C" __attribute__((visibility("default"))) bool ModuleExit() { return true; }
extern "C" __attribute__((visibility("default"))) void* GetPluginFactory() { return nullptr; }
