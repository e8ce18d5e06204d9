// SPDX-License-Identifier: GPL-3.0-or-later
// The yardstick of bench_start: a program with nothing but an empty QMainWindow, as large as the console's, and none of its libraries.
#include <QApplication>
#include <QMainWindow>
#include <QTimer>

#include <cstdio>
#include <utility>

namespace {

class EmptyWindow : public QMainWindow
{
protected:
    void paintEvent(QPaintEvent *) override
    {
        if (!std::exchange(m_isPainted, true))
            QTimer::singleShot(0, this, [] { std::fputs("first window painted\n", stderr); });
    }

private:
    bool m_isPainted = false;
};

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    EmptyWindow window;
    window.resize(1280, 800);
    window.show();
    return QApplication::exec();
}
