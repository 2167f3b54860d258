/* SPDX-License-Identifier: MIT */
/* The smallest program: a thread of the library answers until the user presses Enter. */
#include <hello/hello.h>
#include <stdio.h>

int main(void)
{
    struct hello_server *server;
    struct hello_options options = HELLO_OPTIONS_INIT;
    options.threads = 1;
    if (hello_server_start(&server, &options) < 0)
        return 1;
    printf("curl http://127.0.0.1:%d/abc\n", hello_server_port(server));
    getchar();
    hello_server_stop(server);
}
