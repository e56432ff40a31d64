using PSIpc.Core;
using PSIpc.Core.Memory;

namespace PSIpc.TestPeer;

/// <summary>What a process does with values and blocks of memory.</summary>
internal static class MemoryVerbs
{
    public static int Run(string[] words, Stream output)
    {
        switch (words)
        {
            case ["cell-churn", var name]:
                Churn(SharedCell.Open(name), output);
                return 0;
            case ["cell-add", var name, var count]:
                Add(SharedCell.Open(name), int.Parse(count, null));
                return 0;
            case ["block-flip", var name]:
                Flip(SharedBlock.Open(ObjectKind.Array, name), output);
                return 0;
            case ["cell-flip", var name]:
                Flip(SharedCell.Open(name), output);
                return 0;
            case ["block-hold", var name]:
                using (SharedBlock block = SharedBlock.Create(ObjectKind.Array, new BlockLayout(ElementType.Byte, 1, [1000]), name))
                {
                    block.AsSpan(0, 1000).Fill(7);
                    output.Write("h"u8);
                    Console.In.ReadLine();
                }

                return 0;
            case ["dictionary-churn", var name, var seed]:
                Churn(SharedDictionaryStore.Open(name), int.Parse(seed, null), output);
                return 0;
            case ["dictionary-fill", var name, var prefix, var count]:
                Fill(SharedDictionaryStore.Open(name), prefix, int.Parse(count, null));
                return 0;
            default:
                return 64;
        }
    }

    /// <summary>Writes values whose bytes are all the same, and as many as that byte says, again and again.</summary>
    private static void Churn(SharedCell cell, Stream output)
    {
        byte[] bytes = new byte[cell.Layout.ElementSize];
        output.Write("r"u8);
        for (int i = 0; ; i++)
        {
            byte fill = (byte)(100 + (i % 100));
            bytes.AsSpan().Fill(fill);
            cell.TryReplace(bytes.AsSpan(0, fill * 10));
        }
    }

    /// <summary>Stores 0 and a number with all bits set, by turns, into each element of 8 bytes.</summary>
    private static void Flip(SharedBlock block, Stream output)
    {
        Span<long> words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(block.AsSpan(0, (int)block.Size));
        output.Write("r"u8);
        for (long value = 0; ; value = ~value)
        {
            foreach (ref long word in words)
            {
                Volatile.Write(ref word, value);
            }
        }
    }

    private static void Flip(SharedCell cell, Stream output)
    {
        output.Write("r"u8);
        while (true)
        {
            long now = cell.Word;
            cell.TryReplaceWord(~now, now);
        }
    }

    private static void Add(SharedCell cell, int count)
    {
        for (int i = 0; i < count; i++)
        {
            long word;
            do
            {
                word = cell.Word;
            }
            while (!cell.TryReplaceWord(word + 1, word));
        }
    }

    /// <summary>Sets and removes entries at random whose values are whole if all their bytes are the same; reports every number that it has stored for good.</summary>
    private static void Churn(SharedDictionaryStore dictionary, int seed, Stream output)
    {
        var random = new Random(seed);
        for (int i = 0; ; i++)
        {
            string key = $"k{random.Next(200)}";
            if (random.Next(4) == 0)
            {
                dictionary.Delete(key);
            }
            else
            {
                byte[] value = new byte[random.Next(1, 3000)];
                value.AsSpan().Fill((byte)(value.Length % 251));
                dictionary.Set(key, value, 0);
            }

            dictionary.Set($"done{seed}", BitConverter.GetBytes(i), 1);
            output.Write(BitConverter.GetBytes(i));
        }
    }

    private static void Fill(SharedDictionaryStore dictionary, string prefix, int count)
    {
        for (int i = 0; i < count; i++)
        {
            dictionary.Set($"{prefix}{i}", BitConverter.GetBytes(i), 0);
        }
    }
}
