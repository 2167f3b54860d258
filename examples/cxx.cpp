// SPDX-License-Identifier: MIT
// A server as a C++ object, and a lambda as its responder.
#include <cerrno>
#include <csignal>
#include <functional>
#include <hello/hello.h>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>

// The handle: what a program copies.
class Server
{
  public:
    using Responder = std::function<int(const hello_request &, hello_reply &)>;
    Server(hello_options options, Responder responder)
        : respond(std::make_unique<Responder>(std::move(responder)))
    {
        hello_server *started;
        options.responder = [](void *data, const hello_request *request, hello_reply *reply) {
            try {
                return (*static_cast<Responder *>(data))(*request, *reply);
            } catch (...) { // must not cross C
                return -EIO;
            }
        };
        options.responder_data = respond.get();
        if (int error = hello_server_start(&started, &options))
            throw std::system_error(-error, std::generic_category(), "hello_server_start");
        server.reset(started);
    }
    operator hello_server *() const
    {
        return server.get();
    }

  private:
    std::unique_ptr<Responder> respond; // outlives the server: members go in reverse order
    std::unique_ptr<hello_server, decltype(&hello_server_stop)> server{nullptr, hello_server_stop};
};

static std::string address_of(const Server &server)
{
    char text[128];
    hello_server_address(server, 0, text, sizeof text);
    return text;
}

int main()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr); // for sigwait()

    hello_options options = HELLO_OPTIONS_INIT;
    options.threads = 1;
    try {
        Server server(options, [](const hello_request &request, hello_reply &reply) {
            std::size_t length;
            const char *path = hello_request_path(&request, &length);
            const std::string body = "Hello from C++, " + std::string(path, length) + "\n";
            return hello_reply_set_body(&reply, body.data(), body.size());
        });
        std::cout << address_of(server) << std::endl;
        int number;
        sigwait(&signals, &number);
        hello_server_drain(server, 5000);
    } catch (const std::system_error &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
