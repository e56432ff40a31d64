using CsCheck;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Random operations on a queue and on a model of it must give the same.</summary>
public sealed class QueueModelTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_queue_behaves_like_its_model()
    {
        var operations = Gen.Int[0, 9].Select(Gen.Int[0, 5000]).List[1, 60];
        operations.Sample(list =>
        {
            using SharedQueue queue = SharedQueue.Create(capacity: 4096, maxCount: 12, directory: _folder.Directory);
            var model = new Queue<byte[]>();
            var message = new ReceivedMessage();
            long sequence = 0;
            foreach ((int operation, int size) in list)
            {
                switch (operation)
                {
                    case < 5:
                        byte[] body = new byte[size];
                        body.AsSpan().Fill((byte)size);
                        if (queue.Send(body, default, Deadline.Now))
                        {
                            model.Enqueue(body);
                        }
                        else
                        {
                            // It may refuse only when it is not empty.
                            Assert.NotEmpty(model);
                        }

                        break;
                    case < 8:
                        Assert.Equal(model.Count > 0, queue.Receive(message, Deadline.Now));
                        if (model.TryDequeue(out byte[]? expected))
                        {
                            Assert.Equal(expected, message.Body.ToArray());
                            Assert.Equal(++sequence, message.Sequence);
                        }

                        break;
                    case 8:
                        Assert.Equal(model.Count > 0, queue.Peek(message, Deadline.Now));
                        break;
                    default:
                        if (size < 500)
                        {
                            sequence += model.Count;
                            Assert.Equal(model.Count, queue.Clear());
                            model.Clear();
                        }

                        break;
                }

                Assert.Equal(model.Count, queue.Count);
                Assert.InRange(model.Count, 0, 12);
            }
        }, iter: 400, threads: 1);
        Assert.Empty(_folder.Files);
    }
}
