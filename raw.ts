import { hashFile, look, CHUNK } from './src/verify/hashing/hash-file.ts';
import { anchoredRoot } from './src/store/anchored.ts';
import { performNow } from './src/store/perform-now.ts';
import fs from 'node:fs';
import { createHash } from 'node:crypto';
const dir='/tmp/bench/small/backups/completed/20260101-000000-000001';
const names=fs.readdirSync(dir).filter(n=>n.endsWith('.bin'));
const run=performNow(anchoredRoot(dir));
const buf=Buffer.allocUnsafeSlow(CHUNK);
const watch={ *pace(){}, onBytes(){} };
function cpu(label:string,f:()=>void){ for(let k=0;k<3;k++){const c=process.cpuUsage(); const s=performance.now(); f(); const d=process.cpuUsage(c); console.log(label,((d.user+d.system)/1000).toFixed(0),'cpu ms', (performance.now()-s).toFixed(0)); }}
cpu('look',()=>{for(const n of names) performNow(look(run,[n]));});
cpu('hash',()=>{for(const n of names) performNow(hashFile(run,[n],buf,watch));});
cpu('raw open/read/close+hash',()=>{for(const n of names){const fd=fs.openSync(dir+'/'+n,'r');fs.readSync(fd,buf,0,4097,null);fs.closeSync(fd);createHash('sha256').update(buf.subarray(0,4096)).digest('hex');}});
cpu('lstat',()=>{for(const n of names)fs.lstatSync('/proc/self/fd/'+run.fd+'/'+n,{bigint:true});});
cpu('opath open+close',()=>{for(const n of names){fs.closeSync(fs.openSync('/proc/self/fd/'+run.fd+'/'+n,0o10000000|0o400000));}});
cpu('fstat big',()=>{for(const n of names)fs.fstatSync(run.fd!,{bigint:true});});
cpu('createHash only',()=>{for(const n of names)createHash('sha256').update(buf.subarray(0,4096)).digest('hex');});
