// A VST2 that opens a window as it loads, the way toolkits do where there is no display: a line, and the process ends.

#include <cstdio>
#include <cstdlib>

extern "C" __attribute__((visibility("default"))) void* VSTPluginMain(void*) {
    std::fputs("(plugin:1): cannot open display: \n", stderr);
    std::exit(1);
}
