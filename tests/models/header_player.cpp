// Plays a header's net from a script: g++ -DHEADER='"model.h"' -DNET=wetdry::model::Model header_player.cpp
//   player SCRIPT AUDIO OUT      AUDIO and OUT are float32, a row after the other
// Lines of the script: `knob INDEX VALUE`, `reset`, `block SAMPLES`; `allocate` does so while it plays, `size` prints the
// object's bytes. Ends with 3 where memory was allocated while playing.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include HEADER
#include HEADER  // twice: it guards itself

static bool playing = false;
static long allocations = 0;

void* operator new(std::size_t size) {
    allocations += playing;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    allocations += playing;
    const std::size_t to = static_cast<std::size_t>(alignment);
    if (void* memory = std::aligned_alloc(to, (size + to - 1) / to * to)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

#if KNOBS
template <class Net>
void turn(Net& net, int knob, double value) { net.set_knob(knob, value); }
#else
template <class Net>
void turn(Net&, int, double) {}
#endif

int main(int, char** arguments) {
    std::ifstream script(arguments[1]), audio(arguments[2], std::ios::binary | std::ios::ate);
    const auto samples = static_cast<std::size_t>(audio.tellg()) / sizeof(float) / NET::inputs;
    std::vector<float> in(samples * NET::inputs), out(samples * NET::outputs);
    audio.seekg(0);
    audio.read(reinterpret_cast<char*>(in.data()), static_cast<std::streamsize>(in.size() * sizeof(float)));

    const auto net = std::make_unique<NET>();
    std::string command;
    std::size_t at = 0;
    while (script >> command) {
        if (command == "reset") net->reset();
        if (command == "size") std::printf("%zu\n", sizeof(NET));
        if (command == "allocate") {
            playing = true;
            std::vector<float> memory(100);
            out[0] = memory.back();
            playing = false;
        }
        if (command == "knob") {
            int knob;
            script >> knob >> command;
            turn(*net, knob, std::strtod(command.c_str(), nullptr));
        }
        if (command == "block") {
            int block;
            script >> block;
            const float* from[NET::inputs];
            float* to[NET::outputs];
            for (int i = 0; i < NET::inputs; ++i) from[i] = in.data() + samples * static_cast<std::size_t>(i) + at;
            for (int i = 0; i < NET::outputs; ++i) to[i] = out.data() + samples * static_cast<std::size_t>(i) + at;
            playing = true;
            net->process(from, to, block);
            playing = false;
            at += static_cast<std::size_t>(block);
        }
    }
    std::ofstream(arguments[3], std::ios::binary)
        .write(reinterpret_cast<const char*>(out.data()), static_cast<std::streamsize>(out.size() * sizeof(float)));
    return allocations ? 3 : 0;
}
