// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/socketbio.h"

#include <cerrno>
#include <sys/socket.h>

namespace muster::net {

namespace {

int fdOf(BIO *bio)
{
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); // NOLINT: the BIO carries a pointer-sized number
}

bool isRetry(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

int writeSocket(BIO *bio, const char *data, int length)
{
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(fdOf(bio), data, static_cast<std::size_t>(length), MSG_NOSIGNAL);
    if (sent < 0 && isRetry(errno))
        BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int readSocket(BIO *bio, char *data, int length)
{
    BIO_clear_retry_flags(bio);
    const auto got = ::recv(fdOf(bio), data, static_cast<std::size_t>(length), 0);
    if (got < 0 && isRetry(errno))
        BIO_set_retry_read(bio);
    if (got == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(got);
}

long control(BIO *bio, int command, long, void *)
{
    switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DUP:
        return 1;
    case BIO_CTRL_EOF:
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
        return 0;
    }
}

using MethodPtr = std::unique_ptr<BIO_METHOD, FreeWith<BIO_meth_free>>;

MethodPtr makeMethod()
{
    MethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "muster socket"));
    if (method) {
        BIO_meth_set_write(method.get(), writeSocket);
        BIO_meth_set_read(method.get(), readSocket);
        BIO_meth_set_ctrl(method.get(), control);
    }
    return method;
}

} // namespace

BioPtr socketBio(int fd)
{
    // One table of functions for the process, made on first use and never freed: sessions of detached threads may outlive static destruction.
    static BIO_METHOD *const method = makeMethod().release();
    BioPtr bio(method ? BIO_new(method) : nullptr);
    if (bio) {
        BIO_set_data(bio.get(), reinterpret_cast<void *>(static_cast<std::intptr_t>(fd))); // NOLINT: see fdOf
        BIO_set_init(bio.get(), 1);
    }
    return bio;
}

} // namespace muster::net
