// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/asyncreader.h"

#include <cstddef>

namespace muster {

namespace {
constexpr std::size_t kMostWaiting = 64;
}

AsyncReader::AsyncReader(QObject *parent)
    : QObject(parent), m_thread([this](std::stop_token stop) { work(std::move(stop)); })
{
}

AsyncReader::~AsyncReader()
{
    m_thread.request_stop();
    m_wake.notify_all();
}

void AsyncReader::post(std::function<void()> job)
{
    {
        const std::scoped_lock lock(m_mutex);
        if (m_jobs.size() >= kMostWaiting)
            m_jobs.pop_front();
        m_jobs.push_back(std::move(job));
    }
    m_wake.notify_one();
}

void AsyncReader::work(std::stop_token stop)
{
    for (;;) {
        std::function<void()> job;
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, stop, [this] { return !m_jobs.empty(); }))
                return;
            job = std::move(m_jobs.front());
            m_jobs.pop_front();
        }
        job();
        if (stop.stop_requested())
            return;
    }
}

} // namespace muster
