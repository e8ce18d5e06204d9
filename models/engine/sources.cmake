# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(muster_models PRIVATE
    engine/actionrun.cpp engine/actionrun.h
    engine/actionrunner.cpp engine/actionrunner.h
    engine/actionworker.cpp engine/actionworker.h
    engine/historyrecorder.cpp engine/historyrecorder.h
    engine/poller.cpp engine/poller.h
    engine/pollworker.cpp engine/pollworker.h
    engine/session.cpp engine/session.h)
