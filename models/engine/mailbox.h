// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMetaObject>
#include <QObject>

#include <mutex>
#include <utility>

namespace muster {

/// Carries calls from a worker thread to an object of the GUI thread that may be gone by then: close() and post() exclude each other,
/// and what was posted before close() is dropped by Qt together with the receiver.
class Mailbox
{
public:
    explicit Mailbox(QObject *receiver) : m_receiver(receiver) {}

    /// From any thread. Returns false when nobody listens any more.
    template<class Call>
    bool post(Call &&call)
    {
        const std::scoped_lock lock(m_mutex);
        return m_receiver && QMetaObject::invokeMethod(m_receiver, std::forward<Call>(call), Qt::QueuedConnection);
    }

    /// From the receiver's thread, before it goes.
    void close()
    {
        const std::scoped_lock lock(m_mutex);
        m_receiver = nullptr;
    }

private:
    std::mutex m_mutex;
    QObject *m_receiver;
};

} // namespace muster
