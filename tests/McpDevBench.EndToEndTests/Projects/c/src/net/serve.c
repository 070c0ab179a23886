#define _POSIX_C_SOURCE 200809L
#include "net/serve.h"
#include "store/store.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int serve(int port, struct table *table)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) {
        perror("shelf");
        return 1;
    }
    printf("Listening on 127.0.0.1:%d\n", port);
    fflush(stdout);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0)
            continue;
        FILE *in = fdopen(connection, "r"), *out = fdopen(dup(connection), "w");
        char line[1024];
        while (in && out && fgets(line, sizeof line, in) && store_answer(table, line, out))
            fflush(out);
        if (in)
            fclose(in);
        if (out)
            fclose(out);
    }
}
