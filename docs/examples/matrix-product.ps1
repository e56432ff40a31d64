# A matrix product by several processes, row by row: all read the factors in shared memory and write the product in place.
$size = 40
$left = New-SharedArray -Shape $size, $size
$right = New-SharedArray -Shape $size, $size
$product = New-SharedArray -Shape $size, $size
$random = [Random]::new(1)
foreach ($matrix in $left, $right) {
    $matrix.CopyFrom([double[]]@(for ($i = 0; $i -lt $size * $size; $i++) { $random.Next(10) }))
}

# A shared counter assigns the next row to the next idle process.
$next = New-SharedValue -Value -1
$work = {
    param($left, $right, $product, $next, $size)
    $b = $right.ToArray()
    while (($row = $next.Add(1)) -lt $size) {
        $a = $left[$row].ToArray()
        $sums = [double[]]::new($size)
        for ($column = 0; $column -lt $size; $column++) {
            for ($k = 0; $k -lt $size; $k++) { $sums[$column] += $a[$k] * $b[$k, $column] }
        }
        $product[$row] = $sums
    }
}
$workers = foreach ($i in 1..2) { Start-IpcProcess $work -ArgumentList $left, $right, $product, $next, $size }
$workers | Wait-IpcProcess | Receive-IpcProcess
$workers | Remove-IpcProcess

# The sum of all elements of a product is the sum over k of (column k of the left) times (row k of the right).
$expected = 0
for ($k = 0; $k -lt $size; $k++) {
    $column = 0
    for ($i = 0; $i -lt $size; $i++) { $column += $left[$i, $k] }
    $expected += $column * $right[$k].Sum()
}
"$size x $size product by 2 processes: sum $($product.Sum()), expected $expected"
