using System.Diagnostics;
using PSIpc.Core.Memory;
using PSIpc.Core.Segments;

namespace PSIpc.TestPeer.Kills;

/// <summary>A dictionary of a few keys with values of all sizes, so that blocks are split, freed and joined all the time. A shared word has the last number that a victim stored for good.</summary>
internal sealed class DictionarySurvivor(IpcDirectory directory, bool isVictim) : Survivor(directory)
{
    private const int Keys = 40;

    private readonly SharedDictionaryStore _store = isVictim
        ? SharedDictionaryStore.Open("dictionary", directory)
        : SharedDictionaryStore.Create("dictionary", directory: directory);

    private readonly SharedCell _finished = isVictim
        ? SharedCell.Open("dictionary.finished", directory)
        : SharedCell.Create(new BlockLayout(ElementType.Int64, 8, [1]), [], "dictionary.finished", directory: directory);

    public override void Survive(KillMoment moment)
    {
        bool isThrough;
        do
        {
            bool wasDead = moment.IsDead;
            long started = Stopwatch.GetTimestamp();
            _store.Set("mine", BitConverter.GetBytes(started), 1);
            bool isThere = _store.TryGet("mine", out DictionaryEntryBytes mine);
            isThrough = moment.Got(started, wasDead);
            Require(isThere && BitConverter.ToInt64(mine.Value) == started, "what was stored is lost");
            Thread.Sleep(0);
        }
        while (!isThrough);
    }

    public override void Check()
    {
        long finished = _finished.Word;
        Require(_store.TryGet("done", out DictionaryEntryBytes done), "what was finished is lost");
        Require(BitConverter.ToInt64(done.Value) - finished is 0 or 1, "it is older than what was finished");
        string[] keys = _store.Keys();
        Require(keys.Length == _store.Count && keys.Distinct(StringComparer.Ordinal).Count() == keys.Length, "its keys are not its entries");
        foreach (string key in keys)
        {
            Require(_store.TryGet(key, out DictionaryEntryBytes entry), "a key that is listed is not found");
            Require(entry.Format == 1 || !entry.Value.AsSpan().ContainsAnyExcept((byte)(entry.Value.Length % 251)), "an entry is half written");
        }
    }

    public override void Suffer(Random random)
    {
        // Neighbours go in their order, which leaves them to be joined.
        int first = random.Next(Keys);
        for (int i = first; i < Math.Min(Keys, first + random.Next(6)); i++)
        {
            _store.Delete($"k{i}");
        }

        byte[] value = new byte[random.Next(1, 6000)];
        value.AsSpan().Fill((byte)(value.Length % 251));
        _store.Set($"k{random.Next(Keys)}", value, 0);
        long next = _finished.Word + 1;
        _store.Set("done", BitConverter.GetBytes(next), 1);
        _finished.TryReplaceWord(next, next - 1);
    }

    public override void Dispose()
    {
        _finished.Dispose();
        _store.Dispose();
    }
}
