using System.Diagnostics;
using PSIpc.Core.Memory;
using PSIpc.Core.Segments;

namespace PSIpc.TestPeer.Kills;

/// <summary>A value of more than a word, all of whose bytes are the same when it is whole.</summary>
internal sealed class ValueSurvivor(IpcDirectory directory, bool isVictim) : Survivor(directory)
{
    private const int Bytes = 2000;

    private readonly SharedCell _cell = isVictim
        ? SharedCell.Open("value", directory)
        : SharedCell.Create(new BlockLayout(ElementType.String, Bytes, [1]), [1], "value", directory: directory);

    public override void Survive(KillMoment moment)
    {
        bool isThrough;
        do
        {
            bool wasDead = moment.IsDead;
            long started = Stopwatch.GetTimestamp();
            _cell.TryReplace(Whole(1));
            byte[] value = _cell.Read(out _);
            isThrough = moment.Got(started, wasDead);
            Require(value.Length == Whole(value[0]).Length && !value.AsSpan().ContainsAnyExcept(value[0]), "it is half of one value and half of another");
            Thread.Sleep(0);
        }
        while (!isThrough);
    }

    public override void Check()
    {
        Require(_cell.TryReplace(Whole(3)), "it is not written");
        Require(_cell.Read(out _).AsSpan().SequenceEqual(Whole(3)), "it is not what was written");
    }

    public override void Suffer(Random random) => _cell.TryReplace(Whole((byte)random.Next(2, 200)));

    public override void Dispose() => _cell.Dispose();

    private static byte[] Whole(byte fill)
    {
        byte[] bytes = new byte[fill * 10];
        bytes.AsSpan().Fill(fill);
        return bytes;
    }
}
