namespace PSIpc.Core.Memory;

public sealed unsafe partial class SharedDictionaryStore
{
    /// <content>Blocks: taken, split, freed and joined, and every look at one with a check that it is within the arena.</content>
    private sealed partial class Arena
    {
        /// <summary>A free block of at least some bytes: of the same size class one of the first, of a higher one any; 0 when there is none.</summary>
        /// <param name="size">The bytes.</param>
        /// <param name="found">The size of the block.</param>
        private long FindFree(long size, out long found)
        {
            int own = ClassOf(size);
            long at = Volatile.Read(ref *FreeList(own));
            for (int i = 0; at != 0 && i < LongestSearch; i++)
            {
                CheckBlock(at);
                found = SizeOf(at);
                if (found >= size)
                {
                    return at;
                }

                at = Read(at + NextAt);
            }

            for (int i = own + 1; i < FreeClasses; i++)
            {
                if (Volatile.Read(ref *FreeList(i)) is not 0 and var larger)
                {
                    CheckBlock(larger);
                    found = SizeOf(larger);
                    return found >= size ? larger : throw Damaged();
                }
            }

            found = 0;
            return 0;
        }

        private long Allocate(long bytes)
        {
            long size = Math.Max(SmallestBlock, (bytes + Granule - 1) / Granule * Granule);
            long found = FindFree(size, out long whole);
            if (found != 0)
            {
                TakeFree(found);
                Volatile.Write(ref *(uint*)(body + found + StateAt), IsPending);
                long rest = whole - size;
                if (rest >= SmallestBlock)
                {
                    // The rest is a block before the first one ends where it begins.
                    *Word(found + size) = rest;
                    Volatile.Write(ref *(uint*)(body + found + size + StateAt), IsPending);
                    Volatile.Write(ref *Word(found), size);
                    AddFree(found + size);
                }

                return found;
            }

            long top = Top();
            if (size > Capacity - top || top + size > mapped)
            {
                throw new FullException(size);
            }

            *Word(top) = size;
            Volatile.Write(ref *(uint*)(body + top + StateAt), IsPending);
            Volatile.Write(ref *Word(TopOffset), top + size);
            return top;
        }

        private void Free(long block)
        {
            Volatile.Write(ref *(uint*)(body + block + StateAt), IsPending);
            long next = block + SizeOf(block);
            if (next < Top() && StateOf(next) == IsFree)
            {
                TakeFree(next);
                Volatile.Write(ref *Word(block), SizeOf(block) + SizeOf(next));
            }

            AddFree(block);
        }

        private void AddFree(long block)
        {
            // First: its list's links lie where an entry has its key's length.
            Volatile.Write(ref *(uint*)(body + block + StateAt), IsPending);
            long* list = FreeList(ClassOf(SizeOf(block)));
            long first = Volatile.Read(ref *list);
            *Word(block + NextAt) = first;
            *Word(block + BeforeAt) = 0;
            if (first != 0)
            {
                CheckBlock(first);
                *Word(first + BeforeAt) = block;
            }

            *list = block;
            Volatile.Write(ref *(uint*)(body + block + StateAt), IsFree);
        }

        private void TakeFree(long block)
        {
            long next = Read(block + NextAt);
            long before = Read(block + BeforeAt);
            if (next != 0)
            {
                CheckBlock(next);
                *Word(next + BeforeAt) = before;
            }

            if (before != 0)
            {
                CheckBlock(before);
                *Word(before + NextAt) = next;
            }
            else
            {
                *FreeList(ClassOf(SizeOf(block))) = next;
            }
        }

        /// <summary>The class of a size: four for each power of two. A block of a higher class is larger.</summary>
        private static int ClassOf(long size)
        {
            int power = 63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)size);
            return Math.Min(FreeClasses - 1, ((power - 4) * 4) + (int)((size >> (power - 2)) & 3));
        }

        private long* Word(long at) => (long*)(body + at);

        /// <summary>Reads a word once, so that the value that was checked is the value that is used, even if another process writes to it.</summary>
        private long Read(long at) => Volatile.Read(ref *(long*)(body + at));

        private long* FreeList(int index) => (long*)(body + FreeOffset + (index * 8));

        private uint StateOf(long block) => Volatile.Read(ref *(uint*)(body + block + StateAt));

        private long Top()
        {
            long top = Read(TopOffset);
            return top <= mapped && top >= HeaderSize && *Word(FirstOffset) == HeaderSize ? top : throw Damaged();
        }

        private long SizeOf(long block)
        {
            long size = Read(block);
            return size >= SmallestBlock && size % Granule == 0 && block <= mapped - size ? size : throw Damaged();
        }

        private long Buckets() => BucketsOf(Read(TableOffset));

        private long BucketsOf(long table)
        {
            CheckBlock(table);
            long most = (SizeOf(table) - BucketsAt) / 8;
            return 1L << (63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)most));
        }

        private long* Bucket(ulong hash)
        {
            long table = Read(TableOffset);
            return Word(table + BucketsAt + ((long)(hash & (ulong)(BucketsOf(table) - 1)) * 8));
        }

        private ReadOnlySpan<byte> KeyOf(long entry) => new(body + entry + KeyAt, LengthsOf(entry).Key);

        private ReadOnlySpan<byte> ValueOf(long entry)
        {
            (int key, int value) = LengthsOf(entry);
            return new(body + entry + KeyAt + key, value);
        }

        /// <summary>The lengths of an entry's key and value. Each is read once: another process may change it after the check.</summary>
        private (int Key, int Value) LengthsOf(long entry)
        {
            int key = Volatile.Read(ref *(int*)(body + entry + KeyLengthAt));
            int value = Volatile.Read(ref *(int*)(body + entry + ValueLengthAt));
            return key >= 0 && value >= 0 && KeyAt + (long)key + value <= SizeOf(entry) ? (key, value) : throw Damaged();
        }

        private void CheckBlock(long block)
        {
            if (block < HeaderSize || block % Granule != 0 || block > mapped - SmallestBlock)
            {
                throw Damaged();
            }
        }

        private void CheckEntry(long entry, ref long steps)
        {
            CheckBlock(entry);
            if (++steps > (mapped / SmallestBlock))
            {
                throw Damaged();
            }
        }

        private IpcException Damaged() => new(IpcErrorKind.CorruptData, Messages.DictionaryBlocksDamaged.With(name), name);
    }
}
