namespace PSIpc.Core.Tests;

/// <summary>
/// The send lock, its two wakes and the event count (docs/protocol.md, "Event count") as a machine of single stores: every order of the
/// steps of all processes is explored, with a kill or an endless stop of one of them between any two.
/// </summary>
/// <remarks>
/// What must never be reached: nobody can take a step, a message is there, and a living receiver sleeps. A receiver that sleeps for a
/// limited time can always take a step. Receiving itself is one step here: it has a lock of its own, which the same rules hold for.
/// </remarks>
internal sealed class WakeModel(bool looksAtLockFirst, bool announcementStaysUntilWoken)
{
    private const int Senders = 2;
    private const int Receivers = 2;
    private const int Processes = Senders + Receivers;

    private readonly HashSet<State> _seen = [];
    private readonly Stack<State> _open = new();

    private enum Life : byte
    {
        Runs,
        Killed,
        Stopped,
    }

    private enum At : byte
    {
        // Senders, and whoever has taken the lock over.
        Lock,
        FirstRead,
        FirstSignal,
        FirstWake,
        FirstClear,
        Store,
        Unlock,
        SecondRead,
        SecondSignal,
        SecondWake,
        SecondClear,
        Done,

        // Receivers.
        Take,
        ReadSignal,
        ReadAnnounced,
        Announce,
        ReadLock,
        Look,
        Sleep,
        Asleep,
    }

    public int StateCount => _seen.Count;

    /// <summary>Explores everything; returns the first state in which somebody waits in vain, or null.</summary>
    public string? FindLostWake(int messagesOfEach, int faults, int receivesOfFirst)
    {
        Add(State.Initial(messagesOfEach, faults, receivesOfFirst));
        while (_open.TryPop(out State state))
        {
            int before = 0;
            for (int p = 0; p < Processes; p++)
            {
                if (state[p].Life == Life.Runs && Step(state, p))
                {
                    before++;
                }
            }

            if (before == 0 && state.Tail > state.Head && state.AnyLivingReceiverAsleep())
            {
                return state.ToString();
            }

            for (int p = 0; p < Processes && state.Faults > 0; p++)
            {
                if (state[p].Life == Life.Runs && state[p].At != At.Done)
                {
                    Add(state.With(p, state[p] with { Life = Life.Killed }) with { Faults = (byte)(state.Faults - 1) });
                    Add(state.With(p, state[p] with { Life = Life.Stopped }) with { Faults = (byte)(state.Faults - 1) });
                }
            }
        }

        return null;
    }

    private void Add(State state)
    {
        for (int p = 0; p < Processes; p++)
        {
            state = state.With(p, Forget(state[p]));
        }

        state = Renumber(state);
        if (_seen.Add(state))
        {
            _open.Push(state);
        }
    }

    /// <summary>Drops what a process will not use again, so that states that differ in nothing else are one.</summary>
    private static Process Forget(Process p) => p.Life != Life.Runs
        ? new Process(At.Done, p.Life, 0, 0, 0, false, false, p.IsReceiver)
        : p with
        {
            Announced = p.At is At.FirstSignal or At.FirstWake or At.FirstClear or At.SecondSignal or At.SecondWake or At.SecondClear or At.Announce ? p.Announced : (byte)0,
            Seen = p.At is At.ReadAnnounced or At.Announce or At.ReadLock or At.Look or At.Sleep ? p.Seen : (byte)0,
            Guarded = p.At is At.Look or At.Sleep or At.Asleep && p.Guarded,
        };

    /// <summary>Only which signals are equal and which is newer matters, and how many messages are there: numbers them from 1 in their order.</summary>
    private static State Renumber(State state)
    {
        Span<byte> values = [state.Signal, state.Announced, 0, 0, 0, 0, 0, 0, 0, 0];
        for (int p = 0; p < Processes; p++)
        {
            values[2 + (2 * p)] = state[p].Seen;
            values[3 + (2 * p)] = state[p].Announced;
        }

        int present = 0;
        foreach (byte value in values)
        {
            present |= 1 << value;
        }

        byte Rank(byte value) => value == 0 ? value : (byte)System.Numerics.BitOperations.PopCount((uint)(present & ~1 & ((1 << (value + 1)) - 1)));
        for (int p = 0; p < Processes; p++)
        {
            state = state.With(p, state[p] with { Seen = Rank(state[p].Seen), Announced = Rank(state[p].Announced) });
        }

        return state with
        {
            Signal = Rank(state.Signal),
            Announced = Rank(state.Announced),
            Tail = (byte)(state.Tail - state.Head),
            Head = 0,
        };
    }

    /// <summary>Takes the next step of a process in every way it can go; false when it cannot move.</summary>
    private bool Step(State s, int p)
    {
        Process me = s[p];
        void Go(State next, At at) => Add(next.With(p, next[p] with { At = at }));
        switch (me.At)
        {
            case At.Lock:
                if (s.Owner != 0 && s[s.Owner - 1].Life != Life.Killed)
                {
                    return false;
                }

                // Taken over: wake everybody, whether announced or not.
                Add((s with { Owner = (byte)(p + 1) }).With(p, me with { At = At.FirstRead, MustWake = s.Owner != 0 }));
                return true;
            case At.FirstRead or At.SecondRead:
                bool wakes = s.Announced != 0 || (me.MustWake && me.At == At.FirstRead);
                State read = s.With(p, me with { Announced = s.Announced, MustWake = false });
                if (!wakes)
                {
                    Go(read, me.At == At.FirstRead ? AfterFirstWake(me) : AfterSecondWake(me));
                }
                else
                {
                    Go(announcementStaysUntilWoken ? read : read with { Announced = 0 }, me.At + 1);
                }

                return true;
            case At.FirstSignal or At.SecondSignal:
                Go(s with { Signal = (byte)(s.Signal + 1) }, me.At + 1);
                return true;
            case At.FirstWake or At.SecondWake:
                State woken = s;
                for (int r = Senders; r < Processes; r++)
                {
                    if (woken[r].At == At.Asleep)
                    {
                        woken = woken.With(r, woken[r] with { At = At.Take });
                    }
                }

                Go(woken, me.At + 1);
                return true;
            case At.FirstClear or At.SecondClear:
                bool isMine = announcementStaysUntilWoken && s.Announced == me.Announced;
                Go(isMine ? s with { Announced = 0 } : s, me.At == At.FirstClear ? AfterFirstWake(me) : AfterSecondWake(me));
                return true;
            case At.Store:
                Add((s with { Tail = (byte)(s.Tail + 1) }).With(p, me with { At = At.Unlock, Left = (byte)(me.Left - 1) }));
                return true;
            case At.Unlock:
                Go(s with { Owner = 0 }, me.IsReceiver ? At.Take : At.SecondRead);
                return true;
            case At.Take:
                if (s.Tail > s.Head)
                {
                    bool last = me.Left == 1;
                    byte left = me.Left == byte.MaxValue ? me.Left : (byte)(me.Left - 1);
                    Add((s with { Head = (byte)(s.Head + 1) }).With(p, me with { At = last ? At.Done : At.Take, Left = left }));
                }
                else
                {
                    Go(s, At.ReadSignal);
                }

                return true;
            case At.ReadSignal:
                Add(s.With(p, me with { At = At.ReadAnnounced, Seen = s.Signal }));
                return true;
            case At.ReadAnnounced:
                // Without this rule, a plain flag: 1 whatever was seen.
                bool isOlder = s.Announced < me.Seen || !announcementStaysUntilWoken;
                Add(s.With(p, me with { At = isOlder ? At.Announce : AfterAnnounce, Announced = s.Announced }));
                return true;
            case At.Announce:
                bool unchanged = s.Announced == me.Announced || !announcementStaysUntilWoken;
                Go(unchanged ? s with { Announced = me.Seen } : s, unchanged ? AfterAnnounce : At.ReadAnnounced);
                return true;
            case At.ReadLock:
                Add(s.With(p, me with { At = looksAtLockFirst ? At.Look : At.Sleep, Guarded = s.Owner != 0 }));
                return true;
            case At.Look:
                Go(s, s.Tail > s.Head ? At.Take : looksAtLockFirst ? At.Sleep : At.ReadLock);
                return true;
            case At.Sleep:
                bool isAbandoned = me.Guarded && s.Owner != 0 && s[s.Owner - 1].Life == Life.Killed;
                Go(s, isAbandoned ? At.Lock : s.Signal == me.Seen ? At.Asleep : At.Take);
                return true;
            case At.Asleep:
                if (me.Guarded)
                {
                    Go(s, At.Take);
                }

                return me.Guarded;
            default:
                return false;
        }
    }

    private At AfterAnnounce => looksAtLockFirst ? At.ReadLock : At.Look;

    private static At AfterFirstWake(Process me) => me.IsReceiver ? At.Unlock : At.Store;

    private static At AfterSecondWake(Process me) => me.Left > 0 ? At.Lock : At.Done;

    private readonly record struct Process(At At, Life Life, byte Left, byte Seen, byte Announced, bool Guarded, bool MustWake, bool IsReceiver);

    private readonly record struct State(
        byte Signal, byte Announced, byte Owner, byte Tail, byte Head, byte Faults, Process S1, Process S2, Process R1, Process R2)
    {
        public Process this[int p] => p switch { 0 => S1, 1 => S2, 2 => R1, _ => R2 };

        public static State Initial(int messagesOfEach, int faults, int receivesOfFirst)
        {
            var sender = new Process(At.Lock, Life.Runs, (byte)messagesOfEach, 0, 0, false, false, IsReceiver: false);
            var receiver = new Process(At.Take, Life.Runs, byte.MaxValue, 0, 0, false, false, IsReceiver: true);
            return new State(1, 0, 0, 0, 0, (byte)faults, sender, sender, receiver with { Left = (byte)receivesOfFirst }, receiver);
        }

        public State With(int p, Process process) => p switch
        {
            0 => this with { S1 = process },
            1 => this with { S2 = process },
            2 => this with { R1 = process },
            _ => this with { R2 = process },
        };

        public bool AnyLivingReceiverAsleep() =>
            (R1.Life == Life.Runs && R1.At == At.Asleep) || (R2.Life == Life.Runs && R2.At == At.Asleep);
    }
}
