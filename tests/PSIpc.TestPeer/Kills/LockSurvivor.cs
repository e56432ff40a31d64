using System.Diagnostics;
using PSIpc.Core;
using PSIpc.Core.Memory;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.TestPeer.Kills;

/// <summary>A lock: one of its own, an array's or a condition's. A shared word says whether somebody is inside: who finds it set took over from a dead owner, and was told so.</summary>
internal sealed class LockSurvivor : Survivor
{
    private static readonly BlockLayout Word = new(ElementType.Int64, 8, [1]);

    private readonly SharedBlock? _block;
    private readonly SharedLock _lock;
    private readonly SharedCondition? _condition;
    private readonly SharedCell _inside;

    public LockSurvivor(IpcDirectory directory, bool isVictim, string primitive)
        : base(directory)
    {
        switch (primitive)
        {
            case "array-lock":
                _block = isVictim
                    ? SharedBlock.Open(ObjectKind.Array, primitive, directory: directory)
                    : SharedBlock.Create(ObjectKind.Array, Word, primitive, directory: directory);
                _lock = _block.Lock;
                break;
            case "condition":
                _condition = isVictim ? SharedCondition.Open(primitive, directory) : SharedCondition.Create(primitive, directory: directory);
                _lock = _condition.Lock;
                break;
            default:
                _lock = isVictim ? SharedLock.Open(primitive, directory) : SharedLock.Create(primitive, primitive == "recursive-lock", directory: directory);
                break;
        }

        string inside = primitive + ".inside";
        _inside = isVictim ? SharedCell.Open(inside, directory) : SharedCell.Create(Word, [], inside, directory: directory);
    }

    public override void Survive(KillMoment moment)
    {
        while (true)
        {
            bool wasDead = moment.IsDead;
            long started = Stopwatch.GetTimestamp();
            _lock.Enter(Deadline.Never);
            bool isThrough = moment.Got(started, wasDead);
            Require(_inside.Word == 0 || _lock.Abandoned, "somebody is inside, or died there and nobody said so");
            TakenOver += _lock.Abandoned ? 1 : 0;
            SetInside(0);
            _lock.Exit();
            if (isThrough)
            {
                return;
            }
        }
    }

    public override void Check()
    {
        Require(_lock.Enter(Deadline.Now) && !_lock.Abandoned, "it is not free");
        _lock.Exit();
        if (_condition is null)
        {
            return;
        }

        Require(_condition.WaitingCount == 0, "a dead one waits");
        Task<bool> waiting = Task.Run(() =>
        {
            using SharedCondition mine = SharedCondition.Open("condition", Directory);
            mine.Lock.Enter(Deadline.Never);
            return mine.Wait(Deadline.After(KillRounds.Long));
        });
        SpinWait.SpinUntil(() => _condition.WaitingCount == 1, KillRounds.Long);
        _condition.Set();
        Require(waiting.Wait(KillRounds.Long) && waiting.Result, "nobody is woken");
    }

    public override void Suffer(Random random)
    {
        int times = _lock.IsRecursive ? 2 : 1;
        for (int i = 0; i < times; i++)
        {
            _lock.Enter(Deadline.Never);
        }

        SetInside(1);
        Stay(random);
        if (_condition is not null && random.Next(2) == 0)
        {
            SetInside(0);
            _condition.Wait(Deadline.After(TimeSpan.FromMilliseconds(1)));
            _condition.Set();
        }

        SetInside(0);
        for (int i = 0; i < times; i++)
        {
            _lock.Exit();
        }
    }

    public override void Dispose()
    {
        _inside.Dispose();
        _lock.Dispose();
        _block?.Dispose();
        _condition?.Dispose();
    }

    private void SetInside(long value) => _inside.TryReplaceWord(value, _inside.Word);
}
