# A histogram that two processes fill in a shared array, and that NumPy, if installed, reads without a copy.
$bins = 10
$counts = New-SharedArray "histogram-$PID" -Length $bins -Type Int64
$work = {
    param($counts, $seed)
    $random = [Random]::new($seed)
    $own = [long[]]::new($counts.Length)
    foreach ($i in 1..20000) { $own[[int][Math]::Floor($random.NextDouble() * $own.Length)]++ }
    Use-IpcLock $counts { for ($i = 0; $i -lt $own.Length; $i++) { $counts[$i] += $own[$i] } }
}
$workers = foreach ($seed in 1, 2) { Start-IpcProcess $work -ArgumentList $counts, $seed }
$workers | Wait-IpcProcess | Receive-IpcProcess
$workers | Remove-IpcProcess
"$($counts.Sum()) values in $bins bins"

$python = @'
import sys
try:
    import numpy
except ImportError:
    sys.exit("NumPy is not installed here")
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
shm = SharedMemory(sys.argv[1])
resource_tracker.unregister(shm._name, "shared_memory")  # before Python 3.13: not ours to remove
counts = numpy.ndarray((int(sys.argv[2]),), "<i8", buffer=shm.buf, offset=int(sys.argv[3]))
for i, count in enumerate(counts):
    print(f"{i / len(counts):.1f} {'#' * int(count * 100 // counts.sum())}")
print("NumPy counts", counts.sum())
del counts
shm.close()
'@
foreach ($program in '/usr/bin/python3', 'python3') {
    try { $text = & $program -c $python $counts.Name $bins $counts.DataOffset 2>&1 } catch { continue }
    if ($LASTEXITCODE -eq 0) { $text; break }
}
