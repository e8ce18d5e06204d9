// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPointer>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace muster {

/// Reads what blocks (history, audit) on one thread of its own and brings the result back to the GUI thread by a queued call.
class AsyncReader : public QObject
{
    Q_OBJECT
public:
    explicit AsyncReader(QObject *parent = nullptr);
    ~AsyncReader() override;

    /// `read()` runs on the reader's thread, `then(result)` on ours, and not at all once `context` is gone.
    template<class Read, class Then>
    void run(QObject *context, Read read, Then then)
    {
        const QPointer<QObject> guard(context);
        post([this, guard, read = std::move(read), then = std::move(then)]() mutable {
            auto result = read();
            QMetaObject::invokeMethod(this, [guard, result = std::move(result), then = std::move(then)]() mutable {
                if (guard)
                    then(std::move(result));
            }, Qt::QueuedConnection);
        });
    }

private:
    void post(std::function<void()> job);
    void work(std::stop_token stop);

    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<std::function<void()>> m_jobs; ///< at most kMostWaiting; the oldest is dropped
    std::jthread m_thread;
};

} // namespace muster
