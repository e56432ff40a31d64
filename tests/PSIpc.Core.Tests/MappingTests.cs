using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>What the whole test process has mapped: no other test runs beside these.</summary>
[Collection(nameof(Alone))]
public sealed class MappingTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Coming_and_going_leaves_no_mapping_behind()
    {
        Cycle(50);
        int before = Mappings();
        Cycle(2000);
        Assert.InRange(Mappings() - before, -1000, 100);

        void Cycle(int count)
        {
            for (int i = 0; i < count; i++)
            {
                using SharedQueue queue = SharedQueue.Create("q", directory: _folder.Directory);
                using SharedQueue again = SharedQueue.Open("q", _folder.Directory);
                again.Send("x"u8, default, Deadline.Now);
                if (i % 2 == 0)
                {
                    queue.Remove();
                }
            }
        }

        static int Mappings()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return File.ReadLines("/proc/self/maps").Count();
        }
    }
}

/// <summary>Tests that look at the whole process.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
