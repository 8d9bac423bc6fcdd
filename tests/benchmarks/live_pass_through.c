/* A JACK client that passes its input through, and counts how long it was between calls: what no live engine can be better than.
 *
 * Reads lines: each is answered by one with the calls so far and the histogram of the times between them, as bin:count pairs,
 * BINS_AN_OCTAVE bins to an octave of nanoseconds. Ends where its input ends.
 */

#include <jack/jack.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHANNELS = 2, BINS_AN_OCTAVE = 16, BINS = 640 };

static jack_port_t *in[CHANNELS], *out[CHANNELS];
static atomic_long calls, counts[BINS];
static long long called_at;

static long long nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int process(jack_nframes_t frames, void *nothing) {
    (void)nothing;
    long long now = nanoseconds();
    if (called_at) {
        int bin = (int)(log2((double)(now - called_at)) * BINS_AN_OCTAVE);
        counts[bin < 0 ? 0 : bin < BINS ? bin : BINS - 1]++;
    }
    called_at = now;
    calls++;
    for (int channel = 0; channel < CHANNELS; channel++)
        memcpy(jack_port_get_buffer(out[channel], frames), jack_port_get_buffer(in[channel], frames),
               frames * sizeof(jack_default_audio_sample_t));
    return 0;
}

int main(void) {
    jack_client_t *client = jack_client_open("pass_through", JackNoStartServer, NULL);
    char name[64], line[64];
    if (!client) return fprintf(stderr, "no JACK server\n"), 1;
    for (int channel = 0; channel < CHANNELS; channel++) {
        snprintf(name, sizeof name, "in_%d", channel);
        in[channel] = jack_port_register(client, name, JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
        snprintf(name, sizeof name, "out_%d", channel);
        out[channel] = jack_port_register(client, name, JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
    }
    jack_set_process_callback(client, process, NULL);
    if (jack_activate(client)) return fprintf(stderr, "cannot be activated\n"), 1;
    for (int channel = 0; channel < CHANNELS; channel++) {
        snprintf(name, sizeof name, "system:capture_%d", channel + 1);
        jack_connect(client, name, jack_port_name(in[channel]));
        snprintf(name, sizeof name, "system:playback_%d", channel + 1);
        jack_connect(client, jack_port_name(out[channel]), name);
    }
    while (fgets(line, sizeof line, stdin)) {
        printf("%ld", (long)calls);
        for (int bin = 0; bin < BINS; bin++)
            if (counts[bin]) printf(" %d:%ld", bin, (long)counts[bin]);
        printf("\n");
        fflush(stdout);
    }
    jack_client_close(client);
    return 0;
}
