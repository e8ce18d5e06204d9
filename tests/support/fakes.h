// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/action.h"
#include "models/ports/auditlog.h"
#include "models/ports/source.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

/// Test doubles for what a real server cannot produce at will.
namespace muster::test {

/// What a FakeSource shares with its test. Thread-safe.
struct SourceScript {
    std::mutex mutex;
    std::condition_variable wake;
    std::function<std::expected<FactBatch, Fault>(int round)> answer; ///< set before start
    bool isBlocking = false;   ///< collect() waits until interrupted
    bool isInterrupted = false;
    std::atomic<int> rounds{0};
    std::atomic<int> interrupts{0};
    std::atomic<int> concurrent{0};
    std::atomic<bool> hasOverlapped{false};
    std::atomic<bool> isDestroyed{false};
    std::string threadName;
};

class FakeSource : public Source
{
public:
    FakeSource(std::string id, Cadence cadence, std::shared_ptr<SourceScript> script) : m_id(std::move(id)), m_cadence(cadence), m_script(std::move(script)) {}
    ~FakeSource() override { m_script->isDestroyed = true; }

    [[nodiscard]] const std::string &id() const override { return m_id; }
    [[nodiscard]] Cadence cadence() const override { return m_cadence; }
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline, std::stop_token) override { return {}; }
    void interrupt() noexcept override;

private:
    std::string m_id;
    Cadence m_cadence;
    std::shared_ptr<SourceScript> m_script;
};

/// A batch with one number.
[[nodiscard]] FactBatch batchOf(const std::string &source, const std::string &name, double value);

/// What a FakeAction shares with its test.
struct ActionScript {
    std::expected<Plan, Fault> plan;
    std::function<Outcome(const Plan &, RunControl &)> run;
    std::function<Outcome(const Plan &, Outcome)> verify;
    std::atomic<int> runs{0};
    std::atomic<int> interrupts{0};
    bool canPause = false;
};

class FakeAction : public Action
{
public:
    explicit FakeAction(std::shared_ptr<ActionScript> script) : m_script(std::move(script)) {}

    [[nodiscard]] std::string name() const override { return "fake"; }
    [[nodiscard]] bool canPause() const override { return m_script->canPause; }
    [[nodiscard]] std::expected<Plan, Fault> preflight(Deadline, std::stop_token) override { return m_script->plan; }
    [[nodiscard]] Outcome run(const Plan &plan, RunControl &control) override;
    [[nodiscard]] Outcome verify(const Plan &plan, Outcome outcome, RunControl &control) override;
    void interrupt() noexcept override { ++m_script->interrupts; }

private:
    std::shared_ptr<ActionScript> m_script;
};

/// Keeps its lines in memory; `isBroken` makes every write fail.
class FakeAudit : public AuditLog
{
public:
    [[nodiscard]] std::expected<void, Fault> intent(const std::string &id, const std::string &environment, const Plan &plan, const std::string &reason) override;
    [[nodiscard]] std::expected<void, Fault> outcome(const std::string &id, const std::string &environment, const Plan &plan, const Outcome &outcome, Millis took) override;
    [[nodiscard]] std::expected<std::vector<AuditEntry>, Fault> read(std::size_t limit) const override;
    [[nodiscard]] std::expected<AuditVerdict, Fault> verify() const override { return AuditVerdict{}; }
    [[nodiscard]] std::vector<std::string> lines() const;

    std::atomic<bool> isBroken{false};

private:
    mutable std::mutex m_mutex;
    std::vector<std::string> m_lines;
};

} // namespace muster::test
