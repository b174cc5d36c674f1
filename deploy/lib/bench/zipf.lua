-- Requests for articles 1 to ARTICLES, the n-th most read with a share of 1 / n ^ EXPONENT, from the same seed each time.
local articles, exponent = tonumber(os.getenv('ARTICLES')), tonumber(os.getenv('EXPONENT'))
local drawn, requests, at = 131072, {}, 0

init = function()
  local sums, sum = {}, 0
  for id = 1, articles do
    sum = sum + id ^ -exponent
    sums[id] = sum
  end
  math.randomseed(1)
  for i = 1, drawn do
    local wanted, low, high = math.random() * sum, 1, articles
    while low < high do
      local middle = math.floor((low + high) / 2)
      if sums[middle] < wanted then low = middle + 1 else high = middle end
    end
    requests[i] = wrk.format('GET', '/api/article/' .. low)
  end
end

request = function()
  at = at % drawn + 1
  return requests[at]
end

dofile(os.getenv('REPORT'))
